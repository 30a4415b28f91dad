/** Parts that every role shares: flags, log lines, pages, heap control, shutdown. */
@NullMarked
package dev.tethys.runtime;

import org.jspecify.annotations.NullMarked;
