import { byId, setText } from "./dom.ts";

const KEY = "lb-token";

/** The token of this tab, kept for as long as that is open and never in an address or a cookie. */
export class Access {
  readonly #dialog = byId<HTMLDialogElement>("token");
  readonly #input = byId<HTMLInputElement>("token-text");
  readonly #use: (token: string | null) => void;

  /** `use` is called when the user gives another token, or none. */
  constructor(use: (token: string | null) => void) {
    this.#use = use;
    byId("sign-in").hidden = this.token === null;
    byId("sign-in").addEventListener("click", () => this.ask());
    byId("token-forget").addEventListener("click", () => this.#take(null));
    this.#dialog.addEventListener("close", () => {
      const text = this.#input.value.trim();
      this.#input.value = "";
      if (this.#dialog.returnValue === "use" && text !== "") this.#take(text);
    });
  }

  get token(): string | null {
    return sessionStorage.getItem(KEY);
  }

  /** Asks for a token, with a sentence why. */
  ask(why = "A token of the balancer's token file. It stays in this tab alone."): void {
    byId("sign-in").hidden = false;
    byId("token-forget").hidden = this.token === null;
    setText(byId("token-words"), why);
    if (this.#dialog.open) return;
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
  }

  #take(token: string | null): void {
    if (token === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
    if (this.#dialog.open) this.#dialog.close();
    this.#use(token);
  }
}
