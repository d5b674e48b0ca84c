import { expect, test } from "vitest";
import { questionsFor } from "#lb/core/search-list";

const CLUSTER = "search a.svc.example svc.example\nnameserver 192.0.2.53\noptions ndots:5 timeout:1";

test.each([
  ["web", "", ["web"]],
  ["web", "search example.com", ["web.example.com", "web"]],
  ["web.example", "search example.com", ["web.example", "web.example.example.com"]],
  ["web.", "search example.com", ["web."]],
  [
    "web",
    "domain one.example\nsearch two.example three.example",
    ["web.two.example", "web.three.example", "web"],
  ],
  ["web", "search . ; none", ["web"]],
  ["web.a", CLUSTER, ["web.a.a.svc.example", "web.a.svc.example", "web.a"]],
])("asks for %s by the file %j", (name, resolvConf, questions) => {
  expect(questionsFor(name, resolvConf)).toEqual(questions);
});
