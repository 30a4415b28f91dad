/** Role {@code tethys logs}: reads logs and sends them to Loki, as Promtail does. */
@NullMarked
package dev.tethys.logagent;

import org.jspecify.annotations.NullMarked;
