/** LogQL engine: queries over a log store. */
@NullMarked
package dev.tethys.query.logql;

import org.jspecify.annotations.NullMarked;
