/** TraceQL over a trace store: queries, results and limits. */
@NullMarked
package dev.tethys.query.traceql;

import org.jspecify.annotations.NullMarked;
