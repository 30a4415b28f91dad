/** The role that reads logs and sends them on, as Promtail does. */
@NullMarked
package dev.tethys.logagent;

import org.jspecify.annotations.NullMarked;
