/** The panel with what a network sees, which only a server offers, is never opened. */

export class Inside {
  static hint = "";

  open() {}

  close() {}
}
