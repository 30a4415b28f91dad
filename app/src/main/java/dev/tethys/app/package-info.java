/** The roles of Tethys: each is a composition of the same parts, wired here by constructors. */
@NullMarked
package dev.tethys.app;

import org.jspecify.annotations.NullMarked;
