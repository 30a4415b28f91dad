/** Bounds on the resources that peers can use in a process, and threads that must not die. */
@NullMarked
package dev.tethys.model.guard;

import org.jspecify.annotations.NullMarked;
