/** HTTP checks of servers as metrics. */
@NullMarked
package dev.tethys.pipeline.receiver.httpcheck;

import org.jspecify.annotations.NullMarked;
