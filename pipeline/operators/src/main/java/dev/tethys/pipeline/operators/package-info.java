/**
 * Operators of log receivers: what the Collector's stanza library does with a record between its
 * source and the pipelines. Source: its documentation of operators, fields and expressions.
 */
@NullMarked
package dev.tethys.pipeline.operators;

import org.jspecify.annotations.NullMarked;
