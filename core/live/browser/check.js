// The live check of one step of a lab: green once the cluster is as it should be, else a word on why
// it is not. When a step has been done, Streamlit draws the page again, with what comes next.

import { follow } from "./socket.js";

class Check {
  constructor(component) {
    this.line = component.parentElement.querySelector(".essaim-check");
    this.told = component.data.done;
    this.update(component);
    this.stop = follow(component.data, this);
  }

  update(component) {
    this.component = component;
    this.told = Math.max(this.told, component.data.done);
    if (component.data.done < this.told) this.told = component.data.done; // it began anew
    this.show();
  }

  link() {}

  receive(message) {
    if (message.topic !== "labs") return;
    this.news = message.labs[this.component.data.lab];
    this.show();
    if (this.news && this.news.done !== this.told) {
      this.told = this.news.done;
      this.component.setTriggerValue("done", this.news.done);
    }
  }

  show() {
    const { step, words, done, remark } = this.component.data;
    const news = this.news || { done, remark };
    const green = news.done > step;
    const waiting = news.done < step ? words.later : news.remark || words.waiting;
    const text = green ? words.green : waiting;
    this.line.dataset.green = String(green);
    this.line.dataset.remark = String(!green && news.done === step && Boolean(news.remark));
    if (this.line.textContent !== text) this.line.textContent = text;
  }

  close() { this.stop(); }
}

const known = new WeakMap();

export default function check(component) {
  const key = component.parentElement;
  if (known.has(key)) known.get(key).update(component);
  else known.set(key, new Check(component));
  return () => {
    known.get(key)?.close();
    known.delete(key);
  };
}
