/** Tests of accounts. */
@NullMarked
package dev.tethys.pipeline.ledger;

import org.jspecify.annotations.NullMarked;
