/** {@code tethys node-agent}: observation of one machine, with the flags of Coroot's node agent. */
@NullMarked
package dev.tethys.app.nodeagent;

import org.jspecify.annotations.NullMarked;
