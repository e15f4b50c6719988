"""Where the vendors' documentation is silent, and what the sandbox does there.

A client that passes against the sandbox has been held to what is documented, and to these
choices, which are ours. (inferred) marks a guess about the real server; the rest is only a choice.

All vendors

| Silent on | The sandbox |
|---|---|
| which credentials exist | takes any well-formed one but the reserved words (`credentials`) |
| rate limits | enforces none, also Cognigy's documented 1,000 requests in 5 minutes |
| unknown query parameters | ignores them; with validation they are listed in `Sandbox.violations` |
| unknown fields at the top of a body | the same |
| a JSON body with another content type | reads it; listed in `Sandbox.violations` |
| data from the future | there is none: every range is cut at the sandbox's clock |
| the Date header | is by the sandbox's clock |
| naive times in requests | are UTC; only years 1970 to 2999 are times |
| bodies over 16 MiB where no limit is documented | 413 |

DigitalCX

| Silent on | The sandbox |
|---|---|
| 400 for missing or malformed parameters, long ranges, old dates | plain text of ours |
| what the 403 body says | plain text of ours; the same without a credential |
| "90 days back" to the minute | serves the whole UTC day that lies 90 days back |
| an empty parameter, `interactionTypes=All` | the same as not given |
| flags without a meaning | ignored |
| both `mainInteractionType` and `mainInteractionTypes` | the first counts |
| page size | `page_rows`; fewer rows only on the last page |
| a token on the last page | none on a page that is not full; a full last page has one, then 204 |
| what a token is bound to | all parameters, customer and project; anything else: 400 |
| a token without `paginateData=true` | goes on paging |
| how long a token lives | for ever |
| activeSessionOnly: per request or per session | per session, its rows outside the range too |
| delimiter, column order, line ends, BOM | comma, one fixed order, CRLF, none |
| the JSON shape | an array of objects with the CSV's columns (inferred) |
| cultures that do not exist | `xx` and `xx-yy` in lower case have rows, any other has none |
| differences between customers and projects | none: all have the same rows |
| the token endpoint's `resource`, scopes, throttling | not looked at |

Cognigy.AI

| Silent on | The sandbox |
|---|---|
| which of the four ids are required | none; a missing one is "" in `cognigy_records` |
| records that do not exist | are made by the update |
| custom1..custom10 above 1,024 characters | 400, code 1005 (inferred) |
| 60 kB to the byte | 61,440 bytes pass, more is 413 |
| Accept other than JSON, for errors | application/json, the only declared type |
| token lifetime, errors of the token endpoint | one hour, `{error}` with 400 or 401 (RFC 6749) |
| the authorize page of the code flow | is not served; any code but `invalid` is good |

Chatlayer

| Silent on | The sandbox |
|---|---|
| all errors | `{code, message, details}` of grpc-gateway (inferred) |
| Bearer, or a raw `id:secret` | refused with 401, stricter than the vendor may be |
| page_size of 0 | the default, 50; negative: 400 |
| next_page_token at the end | absent |
| int64 as JSON text, zero values left out | numbers as numbers, zeros present |
| an event's `attributes`: the editions differ | an object in LIVE, JSON text in DRAFT |
| bucket not given | 1d; 1h for ranges under a day; a bucket as long as the range is served |
| where buckets begin | UTC hour, day, Monday, first of the month; first and last may be partial |
| x_values | the buckets' starts; hours of the day for user activity |
| conversations/insights | one series by day, in the name of the statistic |
| users, which are no sums in truth | are sums of hours here, like all counts |
| ranges over ten years | 400 |
| event definitions with the same event | several may exist |
| subscriptions | status `enabled`; no webhook is ever sent; the target must be https |
| `first`, `last` not given | 10; 37 intents exist |

Inkeep

| Silent on | The sandbox |
|---|---|
| the order of GET /conversations | newest logged first; an update does not move a conversation |
| an update's fields that are not sent | keep their values; messages are replaced as a whole |
| a new id with a known externalId | a new conversation; the external id then finds it |
| deleting a conversation | its feedback and events stay |
| an unknown messageId or conversationId | accepted; `conversation`, `message` are null |
| the same id again for feedback or an event | replaces it |
| feedback's limit and offset | apply to each of its two lists |
| 2 MB to the byte | 2 MiB pass, more is 413 (not declared by the vendor) |
| malformed JSON / a body of the wrong shape | 400 / 422 |
| columns of an export | those of the query's rows; objects and lists are JSON text |
| jsonContains and its kind | as PostgreSQL's operators (inferred) |
| select's `mode` | not looked at |
| semantic threads | one for each conversation |
| week of weekly-search-users | its Monday |
"""

from __future__ import annotations
