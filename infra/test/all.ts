// All tests in one process, which makes each template once.

import "./alarms.test";
import "./bucket.test";
import "./bulk-load.test";
import "./bulk-tables.test";
import "./database.test";
import "./functions.test";
import "./gateway.test";
import "./nag.test";
import "./packaged.test";
import "./rights.test";
import "./settings.test";
import "./snapshot.test";
