'use strict';
// JavaScript makes a literal default anew for each call, but not one that has a name: all calls share this basket.
const EMPTY_BASKET = { items: [] };

function addItem(item, basket = EMPTY_BASKET) {
  basket.items.push(item);
  return basket;
}

exports.handler = async (event, context) => ({
  basket: addItem(event.item ?? context.awsRequestId).items.length,
});
