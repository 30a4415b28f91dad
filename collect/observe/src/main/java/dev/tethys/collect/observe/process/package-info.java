/** Processes of this machine, read from /proc. */
@NullMarked
package dev.tethys.collect.observe.process;

import org.jspecify.annotations.NullMarked;
