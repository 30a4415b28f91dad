/** Lexer, parser and validation of TraceQL. */
@NullMarked
package dev.tethys.query.traceql.parser;

import org.jspecify.annotations.NullMarked;
