/**
 * Subset of MongoDB's protocol needed by the exporter: BSON, OP_MSG, authentication, connection
 * strings and selection of a replica set member.
 */
@NullMarked
package dev.tethys.collect.database.mongodb.wire;

import org.jspecify.annotations.NullMarked;
