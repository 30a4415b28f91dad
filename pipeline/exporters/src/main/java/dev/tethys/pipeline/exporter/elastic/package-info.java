/** Elasticsearch and OpenSearch as destinations of metrics and logs. */
@NullMarked
package dev.tethys.pipeline.exporter.elastic;

import org.jspecify.annotations.NullMarked;
