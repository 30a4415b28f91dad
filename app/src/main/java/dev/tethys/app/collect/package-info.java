/** The {@code collect} section: exporters that run inside the server or the agent. */
@NullMarked
package dev.tethys.app.collect;

import org.jspecify.annotations.NullMarked;
