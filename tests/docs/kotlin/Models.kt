// Reads answers of the service with the classes of the generated client, and writes them again.
package se.passkoll.bench

import se.passkoll.client.infrastructure.Serializer

/** Lines: the name of a class, a space, JSON. */
fun main() {
    for (line in System.`in`.bufferedReader().lineSequence()) {
        val (name, json) = line.split(" ", limit = 2)
        val type = Class.forName("se.passkoll.client.models.$name")
        println(Serializer.gson.toJson(Serializer.gson.fromJson(json, type)))
    }
}
