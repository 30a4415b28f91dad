/** Times in log lines, read by layouts of Go. */
@NullMarked
package dev.tethys.codec.time;

import org.jspecify.annotations.NullMarked;
