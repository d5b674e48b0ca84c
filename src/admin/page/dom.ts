/** The element with that id; the page has it. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** A new element with a class and what is in it. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = "",
  ...content: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  made.append(...content);
  return made;
}

/** A new part of a picture. */
export function drawn<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number>> = {},
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/** Sets a text where it is another one: what does not change costs no layout. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute where it is another one. */
export function setAttribute(node: Element, name: string, value: string | number): void {
  const text = String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

/** Something on the page that is drawn again and again from an item. */
export interface Piecework<T> {
  readonly root: Element;
  draw(item: T): void;
}

/** The children of an element, one for each item by its key: known ones are drawn anew, and none is made twice. */
export class Keyed<T> {
  readonly #parent: Element;
  readonly #make: (item: T) => Piecework<T>;
  #known = new Map<string, Piecework<T>>();

  constructor(parent: Element, make: (item: T) => Piecework<T>) {
    this.#parent = parent;
    this.#make = make;
  }

  /** Each key stands there once. */
  draw(items: readonly (readonly [key: string, item: T])[]): void {
    const before = this.#known;
    this.#known = new Map(items.map(([key, item]) => [key, before.get(key) ?? this.#make(item)]));
    // First, so that those that stay need not be moved: what is moved loses the focus.
    for (const [key, { root }] of before) if (!this.#known.has(key)) root.remove();
    let place: Element | null = this.#parent.firstElementChild;
    for (const [key, item] of items) {
      const piece = this.#known.get(key) as Piecework<T>;
      if (piece.root === place) place = place.nextElementSibling;
      else this.#parent.insertBefore(piece.root, place);
      piece.draw(item);
    }
  }
}

/** A list whose places stay and whose texts change, so that nothing on the page moves when an item comes. */
export class Slots<T> {
  readonly #places: readonly Piecework<T | undefined>[];

  constructor(parent: Element, count: number, make: () => Piecework<T | undefined>) {
    this.#places = Array.from({ length: count }, make);
    parent.append(...this.#places.map(({ root }) => root));
  }

  draw(items: readonly T[]): void {
    for (const [index, place] of this.#places.entries()) place.draw(items[index]);
  }
}
