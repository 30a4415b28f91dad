/** Columns of log rows: bodies as templates and typed arguments, exact to the byte. */
@NullMarked
package dev.tethys.store.logs.block;

import org.jspecify.annotations.NullMarked;
