/** Node agent: what the processes of this machine do, seen from the kernel and from /proc. */
@NullMarked
package dev.tethys.collect.observe;

import org.jspecify.annotations.NullMarked;
