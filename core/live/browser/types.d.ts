// The messages that the server sends to the browser, and the data that a page's script gives to its components.
// core/live/messages.py, core/traffic/message.py, core/labs/messages.py and core/votes/messages.py write the messages.

export type Phase = "running" | "starting" | "pending" | "stopping" | "failed" | "lost" | "done";
export type Availability = "active" | "pause" | "drain";
export type Words = Record<string, string>;

/** What every page tells its components: core/ui/live.py, `address`. */
export interface PageData {
  files: string; // path of these scripts
  language: string;
  cluster: string;
}

/** What Streamlit hands to a component at every run of the page's script. */
export interface Run<Data = PageData> {
  data: Data;
  parentElement: HTMLElement;
  setTriggerValue(name: string, value: unknown): void;
}

/** Why a viewer may not use an entry of a tile's menu, '' where they may: core/ui/tiles.py, `rights`. */
export interface MenuRights {
  here: string; // the id of the only node whose containers can be reached; "" for all
  logs: string;
  terminal: string;
  kill: string;
}

/** Follows the server's messages. linked: null until the server has answered for the first time. */
export interface Follower {
  receive(message: Message): void;
  link(linked: boolean | null): void;
}

export interface Tile {
  id: string;
  name: string;
  service: string;
  label: string;
  phase: Phase;
  state: string;
  message: string;
  failures: number;
  lastError: string;
  image: string;
}

export interface Node {
  id: string;
  name: string;
  role: string;
  leader: boolean;
  availability: Availability;
  state: string;
  address?: string;
  drain_warning?: string;
  tiles: Tile[];
}

export interface Service {
  id: string;
  name: string;
  replicas: number | null; // null: a global service or a job
  running?: number;
  desired?: number;
  job?: string;
  dashboard?: boolean;
  down?: boolean;
  told?: string;
}

/** The part of a cluster that tiles show. */
export interface Picture {
  nodes: Node[];
  unplaced: Tile[];
  services: Service[];
}

/** A figure as Plotly takes it. */
export interface Figure {
  data: Record<string, any>[];
  layout: Record<string, any>;
}

export interface Traffic {
  topic: "traffic";
  run: string | null; // null: no run yet
  service: string;
  state: string;
  said: string;
  planned: number;
  totals: Record<"sent" | "answered" | "failed" | "waiting" | "unknown", number>;
  failures: string;
  percentiles: (number | null)[]; // ms
  entries: { node: string; count: number }[];
  tasks: Record<string, number>;
  colors: Words;
  fairness: number | null;
  fair: string;
  latest: string;
  runs: string[][];
  dots: [number: number, entry: string, task: string, outcome: string][];
  reports: Report[];
}

export interface Report {
  began: number;
  well: boolean | null;
  title: string;
  outcome: string;
  steps: [number, string][];
}

export interface Poll {
  topic: "votes";
  phase: "none" | "open" | "moving" | "revealed";
  votes: number;
  asked: number;
  question: string;
  replicas: number;
  kind: string;
  service: string; // its id
  order: string; // between which nodes the order does not count
  nodes: { name: string; before: number }[];
  truth: number[];
  right: number;
  answers: { counts: number[]; votes: number; right: boolean; swapped: boolean }[];
  all_right: number[][];
  why: string;
}

export interface Container {
  name: string;
  image: string;
  command: string;
  state: string;
  ports: string[];
}

/** The messages by topic. */
export interface News {
  server: { topic: "server"; instance: string };
  pulse: { topic: "pulse"; time: number; trouble: string };
  cluster: Picture & {
    topic: "cluster";
    time: number; // seconds since the epoch
    revision: number;
    shape: string;
    trouble: string;
    figures: Record<string, Figure>; // by service; "": of all
  };
  history: { topic: "history"; figures: Record<string, Figure> };
  engine: { topic: "engine"; name: string; containers: Container[]; images: string[] };
  labs: { topic: "labs"; labs: Record<string, { done: number; remark: string }> };
  votes: Poll;
  traffic: Traffic;
  traffic_charts: { topic: "traffic_charts"; run: string | null; figures: Record<"answered" | "latency", Figure> };
}
export type Topic = keyof News;
export type Message = News[Topic];

/** A message as it travels: whole, or a patch on the message of the same topic with the number `since`. */
export type Sent = { topic: Topic; number: number; since?: number; patch?: Patch };
/** core/live/changes.py says how it is written. */
export type Patch = any;

/** A change of a recording: core/timeline/recording.py. value: null says that the thing is gone. */
export interface Change {
  time: number; // seconds since the epoch
  kind: string;
  id: string;
  value: any;
}

export interface Span {
  from: number;
  to: number | null; // null: it lasts
}
export interface Bar {
  node: string; // id
  name: string;
  slot: number;
  service: string; // id
  spans: (Span & { phase: Phase })[];
}
export interface RecordedNode {
  name: string;
  spans: (Span & { state: string })[];
}
export interface Mark {
  time: number;
  text: string;
  subject?: string;
  from?: number; // replicas, where a service was scaled
  to?: number;
}

declare global {
  interface Window {
    Plotly?: any;
  }
  interface Navigator {
    keyboard?: { getLayoutMap?(): Promise<Map<string, string>> }; // Chromium only
  }
}
