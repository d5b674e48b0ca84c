/** Why the balancer refuses, in its own words; reads the answer to its end. Rejects where that is broken off. */
export async function refusalIn(response: Response): Promise<string> {
  const said = (await response.json().catch(() => undefined)) as
    | { readonly error?: { readonly message?: string } }
    | undefined;
  return said?.error?.message ?? `the balancer answered ${response.status}`;
}
