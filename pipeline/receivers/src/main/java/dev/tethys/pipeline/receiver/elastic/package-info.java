/**
 * Receives documents of Elasticsearch's _bulk requests as logs. Source: its documentation of _bulk.
 */
@NullMarked
package dev.tethys.pipeline.receiver.elastic;

import org.jspecify.annotations.NullMarked;
