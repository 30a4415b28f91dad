/** Bounds on what peers can cause in a process, whatever its role, and threads that must live. */
@NullMarked
package dev.tethys.model.guard;

import org.jspecify.annotations.NullMarked;
