/** Stores of other programs, queried together with the embedded one. */
@NullMarked
package dev.tethys.store.remote;

import org.jspecify.annotations.NullMarked;
