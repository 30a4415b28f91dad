/**
 * Operators of log receivers: the steps of the Collector's stanza library between the source of a
 * record and the pipelines. Source: its documentation of operators, fields and expressions.
 */
@NullMarked
package dev.tethys.pipeline.operators;

import org.jspecify.annotations.NullMarked;
