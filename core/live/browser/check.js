// The live check of one step of a lab: green once the cluster is as it should be, else a word on why
// it is not. When a step has been done, Streamlit draws the page again, with what comes next.

import { mount } from "./socket.js";

class Check {
  constructor(component) {
    this.line = component.parentElement.querySelector(".essaim-check");
    this.told = component.data.done;
    this.update(component);
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
    this.line.dataset.step = step;
    this.line.dataset.green = String(green);
    this.line.dataset.remark = String(!green && news.done === step && Boolean(news.remark));
    if (this.text === text) return;
    this.text = text;
    this.line.replaceChildren(...text.split("`").map((part, number) => (number % 2 ? code(part) : part)));
  }

  close() {
    this.stop();
  }
}

function code(text) {
  const made = document.createElement("code");
  made.textContent = text;
  return made;
}

export default mount(Check);
