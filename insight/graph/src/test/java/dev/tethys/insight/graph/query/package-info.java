@NullMarked
package dev.tethys.insight.graph.query;

import org.jspecify.annotations.NullMarked;
