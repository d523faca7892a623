'use strict';
// The default is a literal: a new basket for each call.
function addItem(item, basket = { items: [] }) {
  basket.items.push(item);
  return basket;
}

exports.handler = async (event, context) => ({
  basket: addItem(event.item ?? context.awsRequestId).items.length,
});
