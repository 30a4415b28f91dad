@NullMarked
package dev.tethys.pipeline.exporter.loadbalancing;

import org.jspecify.annotations.NullMarked;
