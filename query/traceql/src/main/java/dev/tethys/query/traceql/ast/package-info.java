/** Typed tree of TraceQL and its printed form. */
@NullMarked
package dev.tethys.query.traceql.ast;

import org.jspecify.annotations.NullMarked;
