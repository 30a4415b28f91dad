/** Spans as stores and queries handle them: batches to append, fields, filters, columns. */
@NullMarked
package dev.tethys.model.traces;

import org.jspecify.annotations.NullMarked;
