// The console: hands stay on the keyboard, focus stays where it is expected, and nothing typed is lost.
// Each module binds its own actions (keys.js) and listens for case:shown, which tells that another case is on the bench.

import "./keys.js";
import "./judge.js";
import "./orders.js";
import "./search.js";
import "./draft.js";
import "./lease.js";
import "./leave.js";
import "./media.js";
import "./media_film.js";
import "./media_marks.js";
import "./media_pages.js";
import "./live.js";
import "./flow.js";
import "./undo.js";
import "./company.js";
import "./tabs.js";
import "./context.js";
import "./wellness.js";
import "./ahead.js";
import { begin } from "./next.js";

begin();
