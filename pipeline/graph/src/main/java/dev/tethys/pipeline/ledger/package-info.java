/** Item accounting: counters of components that balance at every moment. */
@NullMarked
package dev.tethys.pipeline.ledger;

import org.jspecify.annotations.NullMarked;
