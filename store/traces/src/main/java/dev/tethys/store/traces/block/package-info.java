/** Blocks of spans: columns, their encodings, and scans over them. */
@NullMarked
package dev.tethys.store.traces.block;

import org.jspecify.annotations.NullMarked;
