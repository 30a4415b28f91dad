/** PromQL from text: lexer, parser, type checks with Prometheus's own error texts. */
@NullMarked
package dev.tethys.query.promql.parser;

import org.jspecify.annotations.NullMarked;
