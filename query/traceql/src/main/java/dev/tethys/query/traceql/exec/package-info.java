/** Planning and execution of TraceQL over the columns of a trace store. */
@NullMarked
package dev.tethys.query.traceql.exec;

import org.jspecify.annotations.NullMarked;
