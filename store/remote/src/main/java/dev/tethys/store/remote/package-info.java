/** Stores that are elsewhere, read beside the embedded one as if they were one. */
@NullMarked
package dev.tethys.store.remote;

import org.jspecify.annotations.NullMarked;
