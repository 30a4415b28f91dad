/** Writes LogQL. */
@NullMarked
package dev.tethys.query.logql.format;

import org.jspecify.annotations.NullMarked;
