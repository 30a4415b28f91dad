@NullMarked
package dev.tethys.pipeline.destination.loadbalancing;

import org.jspecify.annotations.NullMarked;
