/** Tests of blocks. */
@NullMarked
package dev.tethys.store.traces.block;

import org.jspecify.annotations.NullMarked;
