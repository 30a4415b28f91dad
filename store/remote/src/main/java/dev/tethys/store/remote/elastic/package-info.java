/** Elasticsearch and OpenSearch as stores that queries read. */
@NullMarked
package dev.tethys.store.remote.elastic;

import org.jspecify.annotations.NullMarked;
