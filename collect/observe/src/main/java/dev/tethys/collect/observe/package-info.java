/** Node agent: activity of the machine's processes, observed in the kernel and in /proc. */
@NullMarked
package dev.tethys.collect.observe;

import org.jspecify.annotations.NullMarked;
