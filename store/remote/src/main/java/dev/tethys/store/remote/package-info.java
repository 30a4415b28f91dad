/** Stores of other programs, queried together with the embedded store. */
@NullMarked
package dev.tethys.store.remote;

import org.jspecify.annotations.NullMarked;
