/** HTTP API of the graph: status, live items, dead letters. */
@NullMarked
package dev.tethys.pipeline.web;

import org.jspecify.annotations.NullMarked;
