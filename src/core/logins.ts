const LOGIN = /\b(auth|pass)(\s+)[^\s"\\]+(?: +[^\s"\\]+)*/gi;

/** The text with what follows AUTH or PASS, by which clients of many protocols log in, replaced by three stars. */
export function withoutLogins(text: string): string {
  return text.replace(LOGIN, "$1$2***");
}
