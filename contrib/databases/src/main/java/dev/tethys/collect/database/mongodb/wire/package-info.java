/**
 * MongoDB's protocol as far as the exporter needs it: BSON, OP_MSG, logins, connection strings and
 * the choice of a member of a replica set.
 */
@NullMarked
package dev.tethys.collect.database.mongodb.wire;

import org.jspecify.annotations.NullMarked;
