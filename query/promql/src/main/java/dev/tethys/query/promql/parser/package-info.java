/** PromQL from text: lexer, parser, type checks with Prometheus's own error messages. */
@NullMarked
package dev.tethys.query.promql.parser;

import org.jspecify.annotations.NullMarked;
